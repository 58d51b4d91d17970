import { isIP } from "node:net";
import { connect } from "node:tls";
import { errnoOf } from "../lib/index.ts";

const patienceMs = 5_000;
const validMs = 30_000;

/** What was found, by host; a host that did not answer is not remembered. */
const known = new Map<string, { readonly speaks: boolean; readonly until: number }>();

/** Whether a registry that may do without TLS has it: one handshake, remembered for half a minute. */
export async function speaksTls(host: string, signal?: AbortSignal): Promise<boolean> {
	const now = performance.now();
	for (const [name, { until }] of known) if (until <= now) known.delete(name);
	const found = known.get(host);
	if (found !== undefined) return found.speaks;
	const answer = await shakeHands(host, signal);
	if (answer !== "absent") known.set(host, { speaks: answer === "tls", until: now + validMs });
	return answer === "tls";
}

function shakeHands(host: string, signal: AbortSignal | undefined): Promise<"tls" | "plain" | "absent"> {
	const url = new URL(`https://${host}`);
	const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
	const { promise, resolve } = Promise.withResolvers<"tls" | "plain" | "absent">();
	const socket = connect({
		host: name,
		port: Number(url.port) || 443,
		// Who it is does not matter here; the request that follows decides that.
		rejectUnauthorized: false,
		...(isIP(name) === 0 ? { servername: name } : {}),
	});
	const finish = (answer: "tls" | "plain" | "absent") => {
		resolve(answer);
		socket.destroy();
	};
	socket.once("secureConnect", () => finish("tls"));
	socket.once("error", (error) => finish(errnoOf(error) === "ECONNREFUSED" ? "absent" : "plain"));
	socket.once("close", () => finish("plain"));
	const timer = setTimeout(() => finish("absent"), patienceMs);
	const onAbort = () => finish("absent");
	signal?.addEventListener("abort", onAbort, { once: true });
	return promise.finally(() => {
		clearTimeout(timer);
		signal?.removeEventListener("abort", onAbort);
	});
}
