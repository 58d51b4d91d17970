import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { processHolding, socketInodes } from "./process-holding.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
`;

test("a tcp port is taken by who listens, a udp port by any socket", () => {
	expect(socketInodes(table, { protocol: "tcp", hostPort: 8080 })).toEqual(["4711"]);
	expect(socketInodes(table, { protocol: "udp", hostPort: 8080 })).toEqual(["4711", "4712"]);
	expect(socketInodes("", { protocol: "tcp", hostPort: 8080 })).toEqual([]);
});

test("the process is named", async () => {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const found = processHolding({ protocol: "tcp", hostAddress: "", hostPort: port });
	expect(found).toStartWith(`process ${process.pid} (`);
	server.close();
});
