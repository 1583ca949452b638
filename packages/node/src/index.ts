export * as DistriNode from "./DistriNode.ts"
export * as NodeDisk from "./NodeDisk.ts"
export * as NodeLoad from "./NodeLoad.ts"
export * as TcpTransport from "./TcpTransport.ts"
