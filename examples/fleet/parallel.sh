#!/bin/sh
# A fleet in parts, by GNU parallel: here on the cores of one computer, with --sshlogin on several.
# Run again, it finishes what was interrupted, and leaves alone what is done.
#
#     COUNT=100000 PARTS=8 ./parallel.sh
#
# enrollkit is a copy of your own, on every computer the same: "npm pack" in a clone makes enrollkit-VERSION.tgz, and
# "npm install --global ./enrollkit-VERSION.tgz" the command. Never "npm install enrollkit": the name is free on npm.
set -eu
count=${COUNT:-100000}
parts=${PARTS:-8}

seq "$parts" | parallel --halt now,fail=1 \
  enrollkit fleet issue --count "$count" --pattern "'meter-{000001..}'" \
  --shard "{}/$parts" --workers 1 --quiet --format ndjson --out "part-{}.ndjson"

# shellcheck disable=SC2046 # one word a manifest
enrollkit fleet merge $(seq -f 'part-%g.ndjson.manifest.csv' "$parts") --force --out meters.manifest.csv
