/* Replaces the panel in a build without web/dist. */
#include "app/panel.h"

const struct panel_asset panel_assets[1] = {{0}};
const int panel_asset_count = 0;
