#!/bin/sh
# DESK=http://localhost:3000 APP_KEY=… sh chat.sh
# In the signed mode the headers are "X-User-Id: user_123" and "X-User-Hash: $(printf %s user_123 | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)"
set -e
call() { curl -sS --fail-with-body -H "X-App-Key: $APP_KEY" "$@" && echo; }
json='Content-Type: application/json'

# The newest messages; the first call of a day greets.
call "$DESK/message_history/user_123?limit=50&user_name=Anna"

# A message. With its client_id it can be sent again after a lost answer, and is stored once: both answers are the same.
for try in 1 2; do
  call "$DESK/send_message" -H "$json" -d '{"user_id": "user_123", "user_name": "Anna", "message": "Where is my order?", "client_id": "9f1c-1"}'
done

# Photos, up to ten, with their text.
if [ -n "${PHOTO:-}" ]; then
  call "$DESK/send_message" -F user_id=user_123 -F message='It came broken' -F client_id=9f1c-2 -F "photo=@$PHOTO" -F "photo=@$PHOTO"
fi

# This phone gets push messages; and is it known?
call "$DESK/register_device" -H "$json" -d '{"user_id": "user_123", "fcm_token": "token-of-this-phone", "platform": "android", "device_id": "phone-1"}'
call "$DESK/check_device/user_123"

# What came after a known message, and: all answers were seen.
call "$DESK/message_history/user_123?after=1&limit=200"
call "$DESK/mark_read" -H "$json" -d '{"user_id": "user_123"}'
