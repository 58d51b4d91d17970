import { bridgeSettings } from "../drivers/bridge/settings.ts";
import type { NetworkIdentity } from "../identity.ts";
import type { NetworkTable } from "../network-table.ts";
import { applyRuleset } from "./apply.ts";
import type { OwnProcesses } from "./own-processes.ts";
import { emptyRuleset, ruleset } from "./ruleset.ts";
import { watchTable } from "./watch-table.ts";

/** The rules of all networks, in the kernel. */
export interface Firewall {
	/**
	 * Makes the rules right for the networks as they are recorded now, but for those that are being removed. Errors:
	 * `unavailable` when nft is missing or refuses.
	 */
	apply(): Promise<void>;
	/** Takes all rules away. */
	remove(): Promise<void>;
	/** Tells when somebody else has taken rules away, those of egress policies too, until it is disposed. */
	watch(lost: () => void): Disposable;
}

export function createFirewall(options: {
	readonly dataRoot: string;
	readonly identity: NetworkIdentity;
	readonly networks: NetworkTable;
	readonly own: OwnProcesses;
}): Firewall {
	const { identity, networks, dataRoot, own } = options;
	let running: Promise<void> = Promise.resolve();
	let waiting: Promise<void> | undefined;
	/** One transaction after another: of two at once the later recorded one must win. */
	const enqueue = (work: () => Promise<void>) => {
		running = running.catch(() => {}).then(work);
		return running;
	};
	return {
		apply() {
			waiting ??= enqueue(async () => {
				waiting = undefined;
				const bridges = networks
					.all()
					.filter(({ driver, state }) => driver === "bridge" && state !== "removing")
					.map(bridgeSettings);
				const comment = `hull, data root ${dataRoot}`;
				await applyRuleset(ruleset({ tableName: identity.tableName, comment, bridges }), own.add);
			});
			return waiting;
		},
		remove: () => enqueue(() => applyRuleset(emptyRuleset(identity.tableName), own.add)),
		watch: (lost) =>
			watchTable({ tableNames: [identity.tableName, identity.egressTable], isOwn: own.has, lost }),
	};
}
