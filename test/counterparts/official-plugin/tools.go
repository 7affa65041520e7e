//go:build tools

// Keeps the plugin and what it is built from in go.mod.
package tools

import _ "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"
