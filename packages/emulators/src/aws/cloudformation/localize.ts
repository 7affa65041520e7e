/** Leads addresses of stages and function URLs, as AWS names them, to the emulator. */
export function createLocalize(endpoint: () => string): (text: string) => string {
  return (text) =>
    text
      .replaceAll(
        /https:\/\/([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com/gu,
        (_all, id: string) => `${endpoint()}/restapis/${id}`,
      )
      .replaceAll(
        /https:\/\/([0-9a-f]{32})\.lambda-url\.[a-z0-9-]+\.on\.aws/gu,
        (_all, id: string) => `${endpoint()}/lambda-url/${id}`,
      );
}
