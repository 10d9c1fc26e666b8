curl -sS -w '\n' "$CIAM_URL/signup" -u "$CIAM_USERNAME_CLIENT_ID:$CIAM_USERNAME_CLIENT_SECRET" \
  -H 'Content-Type: application/json' \
  -d '{"username":"user_'"$(date +%s)_$$"'","password":"MOCK_PASSWORD"}'

phone=138$(printf '%08d' "$(( $(od -An -N4 -tu4 /dev/urandom) % 100000000 ))")
otp_token=$(curl -sS "$CIAM_URL/otp/send" -u "$CIAM_PHONE_CLIENT_ID:$CIAM_PHONE_CLIENT_SECRET" \
  -H 'Content-Type: application/json' -d '{"usage":"signup","phone_number":"'"$phone"'"}' |
  sed 's/.*"otp_token":"\([^"]*\)".*/\1/')
for try in 1 2 3 4 5; do
  code=$(curl -sS "$INBOX_URL" | grep -F -m 1 "+86$phone" | sed 's/.*"code":"\([0-9]*\)".*/\1/')
  if [ -n "$code" ]; then break; fi; sleep 1
done
curl -sS -w '\n' "$CIAM_URL/signup" -u "$CIAM_PHONE_CLIENT_ID:$CIAM_PHONE_CLIENT_SECRET" \
  -H 'Content-Type: application/json' \
  -d '{"phone_number":"'"$phone"'","phone_number_otp_token":"'"$otp_token"'","phone_number_otp":"'"$code"'"}'
