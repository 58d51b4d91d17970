import { closeSync } from "node:fs";
import { EngineError, failpoint, inTime } from "../../lib/index.ts";
import type { TapCard } from "../../networks/index.ts";
import { createTap } from "../../sys/index.ts";
import type { Sandbox, Task } from "../contract.ts";
import { frameType } from "../session/index.ts";
import { cardFields } from "./configure-fields.ts";
import type { VmContext } from "./context.ts";
import { isLink, plugCard, unplugCard } from "./live-card.ts";
import { cardsOf, type MachineFile, readMachineFile, writeMachineFile } from "./machine-file.ts";
import { cardCount } from "./qemu-arguments.ts";
import { cardOf, type MachineCard } from "./sandbox.ts";

/** By translation a card's driver takes some 50 ms on a quiet host. */
const configureMs = 30_000;

/**
 * The sandbox of a machine that runs: its cards come and go. Which of them have a tap is in the machine's file, which
 * are in use the networks know.
 *
 * Crash windows: a card is in the file before its tap is QEMU's, and until it no longer is; one that is there and no
 * endpoint's is taken away by `keep`.
 */
export function runningSandbox(context: VmContext, task: Task): Sandbox {
	const connection = context.connections.get(task)!;
	const { location } = task;
	const machine = { shimPath: context.options.shimPath, location };
	/** Taps that were made and are not QEMU's yet. */
	const made = new Map<number, number>();
	const forget = (number: number) => {
		const fd = made.get(number);
		made.delete(number);
		if (fd !== undefined) closeSync(fd);
	};
	const tell = async (card: MachineCard) => {
		const told = connection.request(frameType.configure, cardFields(card));
		await inTime(told, configureMs, `configuring ${card.interfaceName} of machine ${task.id}`);
	};
	const release = async (card: MachineCard) => {
		forget(card.number);
		// It is out of service outside; what a guest makes of that is its own affair.
		await tell(card).catch((error) =>
			context.log.warn("a machine was not told that it left a network", { container: task.id, error }),
		);
		const file = fileOf(task);
		if (card.number < file.cards) return;
		await unplugCard(location, card.number);
		failpoint("vm.unplug.after-unplug");
		writeMachineFile(location.runDir, withoutCard(file, card.number));
	};
	return {
		id: task.id,
		isolation: "vm",
		plug: {
			kind: "tap",
			async claim(used) {
				const file = fileOf(task);
				const card = freeCard(task.id, file, used);
				if (card.number < file.cards) return card;
				await unplugCard(location, card.number);
				writeMachineFile(location.runDir, withCard(file, card.number));
				made.set(card.number, createTap(card.linkName));
				return card;
			},
			async configure(card, settings) {
				const ours = numbered(task, card);
				const tapFd = made.get(ours.number);
				if (tapFd !== undefined) await plugCard(machine, { number: ours.number, tapFd });
				forget(ours.number);
				await tell({ ...ours, settings });
			},
			serveNames: (path) => connection.serveNames(path),
			release: (card) => release(numbered(task, card)),
			async keep(used) {
				const file = readMachineFile(location.runDir);
				if (file === undefined || file.links === "") return;
				for (const number of cardsOf(file)) {
					const card = cardOf(file.links, number);
					if (!used.has(card.linkName)) await release(card);
				}
			},
		},
		async [Symbol.asyncDispose]() {
			for (const number of [...made.keys()]) forget(number);
		},
	};
}

function fileOf(task: Task): MachineFile {
	const file = readMachineFile(task.location.runDir);
	if (file !== undefined && file.links !== "") return file;
	throw new EngineError(
		"not_implemented",
		`the machine ${task.id} was started by an earlier version, which changes no networks: restart it first`,
	);
}

/** The first that is no endpoint's. */
function freeCard(id: string, { links, cards }: MachineFile, used: ReadonlySet<string>): MachineCard {
	for (let number = 0; number < cardCount; number++) {
		const card = cardOf(links, number);
		// A card of the start whose tap somebody deleted gets no other.
		if (!used.has(card.linkName) && (number >= cards || isLink(card.linkName))) return card;
	}
	throw new EngineError(
		"unavailable",
		`the ${cardCount} network cards of machine ${id.slice(0, 12)} are all in use`,
	);
}

function numbered(task: Task, { linkName }: TapCard): MachineCard {
	const { links } = fileOf(task);
	return cardOf(links, Number(linkName.slice(links.length)));
}

function withCard(file: MachineFile, number: number): MachineFile {
	return { ...file, added: [...new Set([...file.added, number])] };
}

function withoutCard(file: MachineFile, number: number): MachineFile {
	return { ...file, added: file.added.filter((one) => one !== number) };
}
