export * as EnvProvider from "./EnvProvider.ts"
export { layer, type Options, serve } from "./Serve.ts"
export { ServerConfig } from "./ServerConfig.ts"
export * as Startup from "./Startup.ts"
