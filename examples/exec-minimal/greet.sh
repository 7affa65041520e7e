#!/bin/sh
# Says hello from wherever it runs.
echo "Hello from ${HAWSER_EXEC_ID:-here}, at ${HAWSER_EXEC_COMMIT:-no commit}."
