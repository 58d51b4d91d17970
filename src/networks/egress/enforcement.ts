import { failpoint, type Logger } from "../../lib/index.ts";
import { bridgeSettings } from "../drivers/bridge/settings.ts";
import type { EndpointTable } from "../endpoint-table.ts";
import { applyRuleset } from "../firewall/apply.ts";
import type { OwnProcesses } from "../firewall/own-processes.ts";
import type { NetworkTable } from "../network-table.ts";
import { presentEgress } from "./present.ts";
import { egressRuleset, emptyEgressRuleset, type Guarded, setsOf } from "./ruleset.ts";
import { scopesOf } from "./scopes.ts";

/** The rules of the egress policies, in the kernel. */
export interface EgressEnforcement {
	/**
	 * Makes the rules right for networks and endpoints as they are recorded now. Costs nothing when they are what was
	 * applied last, so that without any policy nothing is ever done. Errors: `unavailable` when nft is missing or refuses.
	 */
	apply(): Promise<void>;
	/** As `apply`, whatever was applied before: rules may be there of an earlier daemon, or be gone. */
	restore(): Promise<void>;
	/** `apply` in the background; a failure is logged. For rules that nobody needs any more. */
	applyLater(): void;
	/** Waits for background work. */
	settle(): Promise<void>;
	/** Takes all rules away. */
	remove(): Promise<void>;
}

export interface EgressEnforcementOptions {
	readonly tableName: string;
	readonly logGroup: number;
	readonly networks: NetworkTable;
	readonly endpoints: EndpointTable;
	readonly own: OwnProcesses;
	/** A container's sets are new, so what was resolved before must be put into them again. */
	readonly emptied: (containerId: string) => void;
	readonly log: Logger;
}

/** What was applied last; `unknown` after a failure and before anything was. */
type Applied = { readonly text: string } | "unknown";

export function createEgressEnforcement(options: EgressEnforcementOptions): EgressEnforcement {
	const { tableName, log } = options;
	let running: Promise<void> = Promise.resolve();
	let later: Promise<void> = Promise.resolve();
	let applied: Applied = "unknown";
	const enqueue = (work: () => Promise<void>) => {
		running = running.catch(() => {}).then(work);
		return running;
	};
	const write = async () => {
		const guarded = guardedEndpoints(options);
		const text = describe(guarded);
		if (applied !== "unknown" && applied.text === text) return;
		applied = "unknown";
		const present = await presentEgress(tableName);
		if (guarded.length > 0) {
			const here = present ?? { chains: [], sets: [] };
			const script = egressRuleset({ tableName, logGroup: options.logGroup, guarded, present: here });
			await applyRuleset(script, options.own.add);
			failpoint("networks.egress.after-rules");
			tellEmptied(guarded, here.sets);
		} else if (present !== undefined) await applyRuleset(emptyEgressRuleset(tableName), options.own.add);
		applied = { text };
	};
	const tellEmptied = (guarded: readonly Guarded[], before: readonly string[]) => {
		const isNew = (one: Guarded) => setsOf([one]).some((set) => !before.includes(set));
		const ids = guarded.filter(isNew).map(({ endpoint }) => endpoint.containerId);
		for (const id of new Set(ids)) options.emptied(id);
	};
	const apply = () => enqueue(write);
	return {
		apply,
		restore: () =>
			enqueue(async () => {
				applied = "unknown";
				await write();
			}),
		applyLater() {
			later = apply().catch((error) => log.error("rules of an egress policy cannot be removed", { error }));
		},
		settle: () => later,
		remove: () =>
			enqueue(async () => {
				if (applied !== "unknown" && applied.text === describe([])) return;
				await applyRuleset(emptyEgressRuleset(tableName), options.own.add);
				applied = { text: describe([]) };
			}),
	};
}

/** Endpoints on bridges that a policy is over. */
export function guardedEndpoints(options: {
	readonly networks: NetworkTable;
	readonly endpoints: EndpointTable;
}): Guarded[] {
	return options.endpoints.all().flatMap((endpoint) => {
		const network = options.networks.get(endpoint.networkId);
		if (network?.driver !== "bridge" || endpoint.hostInterface === "") return [];
		const scopes = scopesOf(endpoint, network);
		return scopes.length === 0 ? [] : [{ endpoint, bridgeName: bridgeSettings(network).linkName, scopes }];
	});
}

/** The same for the same rules. */
function describe(guarded: readonly Guarded[]): string {
	return JSON.stringify(
		guarded.map(({ endpoint, bridgeName, scopes }) => [
			endpoint.id,
			endpoint.hostInterface,
			bridgeName,
			scopes.map(({ id, policy }) => [id, policy.map((rule) => allowedText(rule))]),
		]),
	);
}

function allowedText(rule: Guarded["scopes"][number]["policy"][number]): string {
	return JSON.stringify(rule, (_, value) => (typeof value === "bigint" ? String(value) : value));
}
