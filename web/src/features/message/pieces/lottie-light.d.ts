/** The package declares its types for the other build of the same file. */
declare module "lottie-web/build/player/esm/lottie_light.min.js" {
  export { default } from "lottie-web"
}
