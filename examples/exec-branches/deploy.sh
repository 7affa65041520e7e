#!/bin/sh
# Each branch carries its own settings.
set -eu
. ./environment
echo "deploying $ENVIRONMENT to $AWS_REGION with $REPLICAS replicas, under the lock $HAWSER_EXEC_LOCK"
