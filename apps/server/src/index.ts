export * as EnvProvider from "./EnvProvider.ts"
export { faultsOf, layer, type Options, serve } from "./Serve.ts"
export { configs, readCatalog, ServerConfig } from "./ServerConfig.ts"
export * as Startup from "./Startup.ts"
