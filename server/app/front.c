/* The panel and the chat widget, from memory: chooses brotli or gzip by Accept-Encoding, sends an ETag, and for
 * files with a hash in their name a permanent cache lifetime. A path without an extension is a page of the panel and
 * gets index.html, except /widget/, which is the widget's page. Everything is read-only and shared, so a response
 * copies nothing; it is made on the loop. */
#include "app/app.h"
#include "app/panel.h"

static const char no_panel[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Switchboard</title>"
    "<body><h1>Switchboard is running</h1><p>This binary was built without the panel. Build it with "
    "<code>scripts/start.sh --build</code>. The API is described at <a "
    "href=\"/api/docs\">/api/docs</a>.</p></body></html>";

static const struct panel_asset *find(str path) {
  size_t low = 0, high = (size_t)panel_asset_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = str_cmp(str_c(panel_assets[middle].path), path);
    if (order == 0) return &panel_assets[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static bool is_page(str path) {
  size_t name = path.len;
  while (name > 0 && path.ptr[name - 1] != '/') name--;
  return !str_contains(str_sub(path, name, path.len), S(".")) && !str_starts(path, S("/assets/"));
}

static const char widget_page[] = "/widget/index.html";

static const struct {
  str path;
  enum front_use use;
} foreign_uses[] = {
    {STR_INIT("/widget.js"), FRONT_SCRIPT},
    {STR_INIT("/widget"), FRONT_FRAME},
    {STR_INIT("/widget/"), FRONT_FRAME},
    {STR_INIT("/widget/index.html"), FRONT_FRAME},
};

enum front_use front_use_of(str path) {
  for (size_t i = 0; i < sizeof foreign_uses / sizeof foreign_uses[0]; i++)
    if (str_eq(path, foreign_uses[i].path)) return foreign_uses[i].use;
  return FRONT_OURS;
}

static const struct panel_asset *choose(str path) {
  if (front_use_of(path) == FRONT_FRAME) return find(str_c(widget_page));
  const struct panel_asset *asset = find(path);
  return !asset && is_page(path) ? find(S("/index.html")) : asset;
}

bool front_has(str path) { return panel_asset_count ? choose(path) != NULL : is_page(path); }

/* A site's tag names the script without a hash: a new version must arrive soon, and no page should wait for a 304. */
static str cache_control(const struct panel_asset *asset) {
  if (asset->immutable) return S("public, max-age=31536000, immutable");
  if (front_use_of(str_c(asset->path)) == FRONT_SCRIPT) return S("public, max-age=300, stale-while-revalidate=86400");
  return S("no-cache");
}

static void reply_asset(http_req *req, const struct panel_asset *asset) {
  const char *coding =
      http_pick_encoding(http_header_of(req, S("accept-encoding")), asset->br.ptr != NULL, asset->gzip.ptr != NULL);
  str body = coding && str_eq(str_c(coding), S("br"))     ? asset->br
             : coding && str_eq(str_c(coding), S("gzip")) ? asset->gzip
                                                          : asset->identity;
  bool coded = body.ptr != asset->identity.ptr;
  /* Each coding is a separate representation with its own ETag (RFC 9110, 8.8.3). */
  str etag = str_c(asset->etag);
  if (coded) etag = arena_printf(http_arena(req), "%.*s-%s\"", (int)(etag.len - 1), etag.ptr, coding);
  http_add_header(req, S("ETag"), etag);
  http_add_header(req, S("Cache-Control"), cache_control(asset));
  if (asset->br.ptr || asset->gzip.ptr) http_add_header(req, S("Vary"), S("Accept-Encoding"));
  if (http_etag_matches(http_header_of(req, S("if-none-match")), etag)) {
    http_reply(req, 304, STR_NONE, STR_NONE);
    return;
  }
  if (coded) http_add_header(req, S("Content-Encoding"), str_c(coding));
  http_reply_static(req, 200, str_c(asset->content_type), body);
}

bool front_reply(http_req *req) {
  const struct panel_asset *asset = choose(http_path(req));
  if (asset) {
    reply_asset(req, asset);
    return true;
  }
  if (panel_asset_count || !is_page(http_path(req))) return false;
  http_add_header(req, S("Cache-Control"), S("no-cache"));
  http_reply_static(req, 200, S("text/html; charset=utf-8"), str_n(no_panel, sizeof no_panel - 1));
  return true;
}
