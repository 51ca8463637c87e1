/** The package has types for the CommonJS build only. */
declare module "lottie-web/build/player/esm/lottie_light.min.js" {
  export { default } from "lottie-web"
}
