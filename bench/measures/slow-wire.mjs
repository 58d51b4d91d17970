/**
 * `slow-wire.mjs TARGET_PORT BYTES_PER_SECOND`: a wire of that speed to a port of this machine, for all connections
 * together. Its own port is the first line that it prints.
 */
import { connect, createServer } from "node:net";

const [target, bytesPerSecond] = process.argv.slice(2).map(Number);
let freeAt = performance.now();

const server = createServer((client) => {
	const registry = connect(target, "127.0.0.1");
	for (const socket of [client, registry])
		socket.on("error", () => {
			client.destroy();
			registry.destroy();
		});
	client.pipe(registry);
	registry.on("data", (bytes) => {
		registry.pause();
		freeAt = Math.max(freeAt, performance.now()) + (bytes.length / bytesPerSecond) * 1000;
		setTimeout(() => {
			if (client.write(bytes)) registry.resume();
			else client.once("drain", () => registry.resume());
		}, freeAt - performance.now());
	});
	registry.on("end", () => setTimeout(() => client.end(), Math.max(0, freeAt - performance.now()) + 5));
	client.on("close", () => registry.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
