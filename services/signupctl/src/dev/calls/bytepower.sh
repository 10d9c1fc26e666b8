b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
claims=$(printf '{"iat":%s000,"key_name":"%s"}' "$(date +%s)" "$BYTEPOWER_KEY_NAME" | b64url)
signed=$(printf '{"alg":"HS256","typ":"JWT"}' | b64url).$claims
signature=$(printf '%s' "$signed" | openssl dgst -sha256 -hmac "$BYTEPOWER_KEY_SECRET" -binary | b64url)
curl -sS -w '\n' "$BYTEPOWER_URL/bp/server/user/signup" \
  -H 'Accept: application/vnd.bytepower.v1+json' -H 'Content-Type: application/json' \
  -H "X-BytePower-Auth-Token: $signed.$signature" \
  -d '{"name_password":{"name":"user-'"$(date +%s)-$$"'","password":"123456"},"platform":"ios"}'
