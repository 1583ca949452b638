export { checkConfig, defaults, type RaftConfig } from "./RaftConfig.ts"
