#!/bin/sh
# DESK=http://localhost:3000 APP_KEY=… sh chat.sh
set -e
call() { curl -sS --fail-with-body -H "X-App-Key: $APP_KEY" "$@" && echo; }

call "$DESK/message_history/user_123?limit=50&user_name=Anna"
call "$DESK/send_message" -H 'Content-Type: application/json' \
  -d '{"user_id": "user_123", "user_name": "Anna", "message": "Where is my order?"}'
if [ -n "${PHOTO:-}" ]; then
  call "$DESK/send_message" -F user_id=user_123 -F message='It came broken' -F "photo=@$PHOTO"
fi
call "$DESK/register_device" -H 'Content-Type: application/json' \
  -d '{"user_id": "user_123", "fcm_token": "token-of-this-phone", "platform": "android", "device_id": "phone-1"}'
call "$DESK/check_device/user_123"
call "$DESK/mark_read" -H 'Content-Type: application/json' -d '{"user_id": "user_123"}'
