import { delay } from "../lib/index.ts";
import { decodeLink, type ReceivedMessage, watchKernel } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import { bridgeLinkName } from "./drivers/bridge/settings.ts";
import { mend } from "./mend.ts";

export interface KernelWatch {
	/** Ends the watch, after what is being mended. */
	close(): Promise<void>;
}

/** Against another program that takes the same away again and again. */
const PAUSE_MS = 250;

const RTM_DELLINK = 17;
const AF_UNSPEC = 0;

/**
 * Puts back what somebody else takes from the kernel while the engine runs: its firewall rules, without which
 * containers are open to the host's neighbours, and the bridges, without which they reach nobody.
 */
export function watchKernelState(context: NetworksContext): KernelWatch {
	const { log } = context;
	const rules = repeatable(async () => {
		await context.firewall.apply();
		await context.egress.restore();
		log.warn("the firewall rules of the containers' networks were taken away, and are back");
	});
	const bridges = repeatable(async () => {
		await mend(context);
		log.warn("the bridge of a network was deleted, and is back");
	});
	const tables = context.firewall.watch(() => rules.start());
	const links = watchKernel("links", (news) => {
		if (news === "lost" || news.some((message) => isBridgeGone(context, message))) bridges.start();
	});

	/** Carries out the work once for all calls before it begins, one after another, not faster than the pause. */
	function repeatable(work: () => Promise<void>) {
		const closing = new AbortController();
		let isWanted = false;
		let running: Promise<void> | undefined;
		const run = async () => {
			while (isWanted && !closing.signal.aborted) {
				isWanted = false;
				await work().catch((error) => log.error("what was taken away cannot be put back", { error }));
				await delay(PAUSE_MS, closing.signal).catch(() => {});
			}
			running = undefined;
		};
		return {
			start() {
				isWanted = true;
				running ??= run();
			},
			async close() {
				closing.abort();
				await running;
			},
		};
	}

	return {
		async close() {
			tables[Symbol.dispose]();
			links[Symbol.dispose]();
			await Promise.all([rules.close(), bridges.close()]);
		},
	};
}

/** Networks that are being removed lose their bridge by our own hand. A port that leaves is news of another family. */
function isBridgeGone(context: NetworksContext, message: ReceivedMessage): boolean {
	if (message.type !== RTM_DELLINK || message.payload.readUInt8(0) !== AF_UNSPEC) return false;
	const { name } = decodeLink(message);
	return context.networks
		.all()
		.some(
			(network) =>
				network.driver === "bridge" && network.state === "ready" && bridgeLinkName(network) === name,
		);
}
