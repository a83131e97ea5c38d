export type { Options } from "./AcmeConfig.ts"
export { layer, layerConfig, make } from "./AcmeProvider.ts"
