export * as DistriNode from "./DistriNode.ts"
export * as NodeLoad from "./NodeLoad.ts"
export * as TcpTransport from "./TcpTransport.ts"
