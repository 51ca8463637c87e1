/* The one list of every slice's routes. A new slice with routes adds its table here; tests, limits, the contract and
 * the documents follow. */
#include "app/app.h"
#include "edge/mobile/mobile.h"
#include "edge/realtime/realtime.h"
#include "edge/telegram/telegram.h"

extern const struct route_table access_routes, operator_routes, conversation_routes, conversation_message_routes,
    conversation_reply_routes, conversation_change_routes, conversation_block_routes, message_routes, outbox_routes,
    file_routes, customer_routes, device_routes, stats_routes, setting_routes, job_routes, audit_routes, source_routes,
    storage_routes, link_routes, notice_routes, card_routes;

/* clang-format off */
const struct route_table *const route_tables[] = {
    &access_routes,
    &operator_routes,
    &conversation_routes,
    &conversation_message_routes, &conversation_reply_routes, &conversation_change_routes, &conversation_block_routes,
    &message_routes,
    &outbox_routes,
    &file_routes,
    &customer_routes,
    &device_routes,
    &stats_routes,
    &telegram_panel_routes,
    &telegram_bots_routes,
    &telegram_profile_routes,
    &setting_routes,
    &telegram_routes,
    &realtime_routes,
    &health_routes,
    &metrics_routes,
    &openapi_routes,
    &docs_routes,
    &mobile_routes,
    &mobile_send_routes,
    &mobile_panel_routes,
    &job_routes,
    &audit_routes,
    &source_routes,
    &storage_routes,
    &link_routes,
    &notice_routes,
    &card_routes,
    NULL,
};
/* clang-format on */
