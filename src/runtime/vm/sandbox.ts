import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import type { CardSettings, TapCard, TapPlug } from "../../networks/index.ts";
import { createTap } from "../../sys/index.ts";
import type { Sandbox, SandboxSpec } from "../contract.ts";
import type { Spare } from "./pool/spare.ts";
import { cardCount } from "./qemu-arguments.ts";
import { savedFile } from "./save/saved-file.ts";

/** Tells a machine that runs what became of its cards, and where its names are known. */
export interface MachineListener {
	card(card: MachineCard): Promise<void>;
	names(path: string): Promise<void>;
}

/** A network card of a machine, and what its interface is to be. */
export interface MachineCard extends TapCard {
	/** Place of the card on the machine's buses. */
	readonly number: number;
	/** `undefined`: no endpoint's. */
	settings: CardSettings | undefined;
}

/** The taps and what they are to be inside, until the machine is there. */
export interface VmSandbox extends Sandbox {
	readonly plug: TapPlug;
	readonly cards: readonly MachineCard[];
	/** How the names of the taps begin; the card's number follows. */
	readonly links: string;
	/** Descriptors of the taps, open until the sandbox is disposed of; the machine then holds copies. */
	readonly tapFds: number[];
	/** The machine that is there already. */
	spare: Spare | undefined;
	/** Where the names of its networks are known, if they have any. */
	readonly namesPath: string | undefined;
	/** From here on changes are told at once. */
	listen(listener: MachineListener): void;
}

/** Makes the taps. Errors: `invalid_argument` for the host's network, `unavailable` where there are no taps. */
export function createVmSandbox({ id, network, task }: SandboxSpec, spare?: Spare): VmSandbox {
	if (network.kind === "host")
		throw new EngineError("invalid_argument", "isolation vm: a machine cannot have the host's network");
	const count = Math.min(network.endpoints ?? 1, cardCount);
	const cards = Array.from({ length: count }, (_, number) => cardOf(linksOf(spare?.id ?? id), number));
	const claimed = new Set<TapCard>();
	let listener: MachineListener | undefined;
	let namesPath: string | undefined;
	const saved = task?.machine?.saved;
	// A saved machine goes on with as many taps as it had, used or not.
	const taps = saved === undefined ? count : Math.max(count, savedFile(saved).cards);
	const tapFds = spare === undefined ? openTaps(id, taps) : spare.tapFds.splice(0);
	const known = (card: TapCard) => cards.find(({ linkName }) => linkName === card.linkName)!;
	return {
		id,
		isolation: "vm",
		cards,
		links: linksOf(spare?.id ?? id),
		tapFds,
		spare,
		get namesPath() {
			return namesPath;
		},
		listen(next) {
			listener = next;
		},
		plug: {
			kind: "tap",
			claim() {
				const free = cards.find((card) => !claimed.has(card));
				if (free === undefined)
					throw new EngineError(
						"unavailable",
						`the ${cards.length} network cards of machine ${id.slice(0, 12)} are all in use`,
					);
				claimed.add(free);
				return free;
			},
			// Nobody has left a network yet.
			async keep() {},
			async configure(card, settings) {
				const ours = known(card);
				ours.settings = settings;
				await listener?.card(ours);
			},
			async serveNames(path) {
				namesPath = path;
				await listener?.names(path);
			},
			async release(card) {
				const ours = known(card);
				claimed.delete(ours);
				ours.settings = undefined;
				await listener?.card(ours);
			},
		},
		async [Symbol.asyncDispose]() {
			for (const fd of tapFds.splice(0)) closeSync(fd);
			await this.spare?.end();
			this.spare = undefined;
		},
	};
}

/** Names are of the host's whole network namespace: other engines' machines must have others. */
function linksOf(id: string): string {
	return `hv${createHash("sha256").update(id).digest("hex").slice(0, 11)}`;
}

/** A card of a machine whose taps are named so. */
export function cardOf(links: string, number: number): MachineCard {
	return { number, linkName: `${links}${number}`, interfaceName: `eth${number}`, settings: undefined };
}

function openTaps(id: string, count: number): number[] {
	const fds: number[] = [];
	try {
		for (let number = 0; number < count; number++) fds.push(createTap(cardOf(linksOf(id), number).linkName));
		return fds;
	} catch (cause) {
		for (const fd of fds) closeSync(fd);
		throw new EngineError(
			"unavailable",
			`isolation vm: a tap device cannot be made: ${(cause as Error).message}`,
			{
				cause,
			},
		);
	}
}

export function vmSandboxOf(sandbox: Sandbox): VmSandbox {
	if ("tapFds" in sandbox) return sandbox as VmSandbox;
	throw new EngineError("invalid_argument", `sandbox ${sandbox.id} is not one of isolation vm`);
}
