phone=138$(printf '%08d' "$(( $(od -An -N4 -tu4 /dev/urandom) % 100000000 ))")
curl -sS -w '\n' "$XDUA_URL/vfc" -H "Authorization: $XDUA_APP_TOKEN" \
  -d "vfaddr=%2B86-$phone" -d tmpl=SMS_25335288
for try in 1 2 3 4 5; do
  code=$(curl -sS "$INBOX_URL" | grep -F -m 1 "+86$phone" | sed 's/.*"code":"\([0-9]*\)".*/\1/')
  if [ -n "$code" ]; then break; fi; sleep 1
done
password=$(printf 'a long password' | md5sum | cut -c 1-32)
curl -sS -w '\n' -X POST -H "Authorization: $XDUA_APP_TOKEN" \
  "$XDUA_URL/user?action=signup&by=tel&ustr=%2B86-$phone&vfcode=$code&pwd=$password&shop=$XDUA_SHOP&tabx=$XDUA_TABLE"
