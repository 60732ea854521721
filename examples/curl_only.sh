#!/bin/sh
# A function registered and called with nothing but curl: source in, plain JSON in and out.
set -eu
url="${GOFER_URL:-http://127.0.0.1:8000}"

curl -sSf "$url/v1/functions" -H 'content-type: application/json' -d '{
  "name": "hypotenuse",
  "source": "import math\n\ndef hypotenuse(a, b):\n    return math.hypot(a, b)\n"
}' > /dev/null

curl -sSf "$url/v1/functions/hypotenuse/call?wait=30" \
  -H 'content-type: application/json' -d '{"args": [3, 4]}'
echo
