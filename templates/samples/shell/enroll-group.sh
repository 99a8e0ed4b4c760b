#!/usr/bin/env bash
# Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
# "enrollkit emulator start".
#
#   apt install curl openssl
#   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
#   bash {{>program}}
#
# The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
# prints it. The service refuses to create a group that exists.
set -euo pipefail
export LC_ALL=C

: "${DPS_CONNECTION_STRING:?Set it to the connection string of your provisioning service}"
group_id={{groupId}}
group={{groupJson}}

# A part of the connection string, by name.
part() { sed -n "s/.*;$1=\([^;]*\).*/\1/p" <<<";$DPS_CONNECTION_STRING"; }
url_encoded() {
  local text=$1 index character
  for ((index = 0; index < ${#text}; index++)); do
    character=${text:index:1}
    case $character in
      [A-Za-z0-9._~-]) printf %s "$character" ;;
      *) printf '%%%02X' "'$character" ;;
    esac
  done
}
hex() { od -An -v -tx1 | tr -d ' \n'; }
# The bytes of hexadecimal digits, each xor a number.
bytes() {
  local index
  for ((index = 0; index < ${#1}; index += 2)); do
    # shellcheck disable=SC2059 # The format is the byte.
    printf "\\x$(printf %02x $((16#${1:index:2} ^ $2)))"
  done
}
# HMAC-SHA256 (RFC 2104) of a text. openssl takes keys as arguments, which others on this computer can see.
hmac() {
  local key
  key=$(base64 -d <<<"$2" | hex)
  while [ ${#key} -lt 128 ]; do key+=00; done
  {
    bytes "$key" 0x5c
    { bytes "$key" 0x36 && printf '%s' "$1"; } | openssl dgst -sha256 -binary
  } | openssl dgst -sha256 -binary | base64
}

host=$(part HostName)
resource=$(url_encoded "$host")
expiry=$(($(date +%s) + 3600))
signature=$(hmac "$resource"$'\n'"$expiry" "$(part SharedAccessKey)")
token="SharedAccessSignature sr=$resource&sig=$(url_encoded "$signature")&se=$expiry&skn=$(url_encoded "$(part SharedAccessKeyName)")"

# curl reads the token from a file, so that it is no argument either.
answer=$(curl --silent --show-error --globoff --max-time 60 \
{{#trust}}
  --cacert {{trust}} \
{{/trust}}
  --request PUT --header @<(printf 'authorization: %s\n' "$token") --header 'content-type: application/json' \
  --data @<(printf %s "$group") --write-out '\n%{http_code}' \
  "https://$host/enrollmentGroups/$(url_encoded "$group_id")?api-version=2021-10-01")
if [ "$(tail -n 1 <<<"$answer")" != 200 ]; then
  echo "The service refused the group: $answer" >&2
  exit 1
fi
echo "created $group_id"
