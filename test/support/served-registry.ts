import { request } from "node:http";
import type { TestDaemon } from "./daemon.ts";

/** A registry that a test daemon serves. */
export interface TestServed extends AsyncDisposable {
	readonly url: string;
	/** `127.0.0.1:40123`. */
	readonly address: string;
}

/** Asks the daemon for a registry on a free port; it serves until it is disposed of or the daemon ends. */
export async function serveRegistry(
	daemon: TestDaemon,
	options: Readonly<Record<string, unknown>> = {},
): Promise<TestServed> {
	const body = JSON.stringify({ Listen: "127.0.0.1:0", ...options });
	const { promise, resolve, reject } = Promise.withResolvers<{ Url: string; Address: string }>();
	const headers = { "Content-Type": "application/json" };
	const asked = request(
		{ socketPath: daemon.socket, method: "POST", path: "/hull/registry/serve", headers },
		(response) => {
			let text = "";
			response.on("data", (chunk) => {
				text += chunk;
				if (response.statusCode !== 200) return reject(new Error(text));
				if (text.includes("\n")) resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
			});
			response.on("error", () => {});
		},
	);
	asked.on("error", reject);
	asked.end(body);
	const { Url, Address } = await promise;
	return {
		url: Url,
		address: Address,
		async [Symbol.asyncDispose]() {
			asked.destroy();
		},
	};
}
