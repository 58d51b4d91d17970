import { EngineError } from "../lib/index.ts";
import type { Choice, Subject, WorkName } from "./report.ts";
import { countVerdicts, wallKinds } from "./walls.ts";

/** What somebody may need, and how the measured subjects answer it. */
interface Need {
	readonly name: string;
	readonly title: string;
	choose(subjects: readonly Subject[]): Omit<Choice, "need">;
}

/** The words of `--for`. */
export const needs: readonly Need[] = [
	{ name: "untrusted", title: "running code that you do not trust", choose: fewestOfTheHost },
	least("density", "as many containers as possible", ({ memory }) =>
		memory === undefined
			? undefined
			: { value: memory.furtherBytes + memory.kernelBytes, text: fitsText(memory) },
	),
	least("start-time", "short-lived containers", ({ start }) =>
		start === undefined
			? undefined
			: { value: start.warm.median, text: `starts in ${milliseconds(start.warm.median)}` },
	),
	least("disk-space", "little disk", ({ disk }) =>
		disk === undefined
			? undefined
			: {
					value: disk.sharedBytes + disk.ownBytes,
					text: `takes ${mebibytes(disk.sharedBytes + disk.ownBytes)} of disk`,
				},
	),
	fastest("compute", "computing", "integer", "million steps of computing a second"),
	fastest(
		"system-calls",
		"programs that ask the kernel a lot",
		"system-calls",
		"million system calls a second",
	),
	fastest("disk", "writing to disk", "disk-write", "MB/s written and synced"),
	fastest("network", "network services", "stream", "MB/s over the network"),
	ownKernel("kernel-modules", "loading kernel modules", "module"),
	ownKernel("kernel-settings", "settings of the whole kernel (sysctls)", "core-pattern"),
	ownKernel("raw-disks", "formatting and mounting disks", "disk-write"),
	ownKernel("tracing", "tracing the kernel (perf, BPF)", "perf"),
];

export const needNames: readonly string[] = needs.map(({ name }) => name);

/** Which of the measured subjects answers a need, and why. Errors: `invalid_argument` for a need that is not known. */
export function chooseFor(name: string, subjects: readonly Subject[]): Choice {
	const need = needs.find((candidate) => candidate.name === name);
	if (need === undefined)
		throw new EngineError("invalid_argument", `no need is named ${name}: there are ${needNames.join(", ")}`);
	const failures = subjects.flatMap(({ hull, failure }) =>
		failure === undefined ? [] : [`${hull} was not measured to the end: ${failure}`],
	);
	const { hull, because } = need.choose(subjects);
	return { need: name, hull, because: [...because, ...failures] };
}

/** For a need that a quantity answers: the least wins. */
function least(
	name: string,
	title: string,
	read: (subject: Subject) => { value: number; text: string } | undefined,
): Need {
	return {
		name,
		title,
		choose(subjects) {
			const known = subjects.flatMap((subject) => {
				const quantity = read(subject);
				return quantity === undefined ? [] : [{ hull: subject.hull, ...quantity }];
			});
			known.sort((a, b) => a.value - b.value);
			return { hull: known[0]?.hull, because: known.map(({ hull, text }) => `${hull} ${text}`) };
		},
	};
}

function fastest(name: string, title: string, work: WorkName, unit: string): Need {
	return least(name, title, (subject) => {
		const rate = subject.work?.[work]?.perSecond;
		return rate === undefined ? undefined : { value: -rate, text: `does ${grouped(rate / 1e6)} ${unit}` };
	});
}

/** Whose kernel is its own may be given what must never be given of the host's. */
function ownKernel(name: string, title: string, wall: string): Need {
	const what = wallKinds.find((kind) => kind.name === wall)!.title;
	return {
		name,
		title,
		choose(subjects) {
			const own = subjects.find(({ kernel }) => kernel?.shared === false);
			return {
				hull: own?.hull,
				because: subjects.flatMap((subject) => {
					if (subject.kernel === undefined) return [];
					const tried = [subject.walls, subject.privilegedWalls]
						.map((walls) => walls?.find((found) => found.name === wall))
						.findLast((found) => found !== undefined);
					const result = tried === undefined ? "" : `; to ${what}: ${wallText(tried)}`;
					const whose = subject.kernel.shared ? "shares the host's kernel" : "has a kernel of its own";
					return [`${subject.hull} ${whose} (${subject.kernel.release})${result}`];
				}),
			};
		},
	};
}

function wallText({ verdict, detail }: { verdict: string; detail: string }): string {
	if (verdict === "denied") return `refused, ${detail}`;
	return verdict === "own" ? "allowed, on its own" : "allowed, on the host's";
}

/** Least of the host within reach; then a kernel of its own. */
function fewestOfTheHost(subjects: readonly Subject[]): Omit<Choice, "need"> {
	const known = subjects.flatMap(({ hull, walls, kernel }) =>
		walls === undefined || kernel === undefined
			? []
			: [{ hull, shared: kernel.shared, reached: countVerdicts(walls, "host"), tried: walls.length }],
	);
	known.sort((a, b) => Number(a.shared) - Number(b.shared) || a.reached - b.reached);
	return {
		hull: known[0]?.hull,
		because: known.map(
			({ hull, shared, reached, tried }) =>
				`${hull} got at ${reached} of ${tried} things of the host; a hole in ${shared ? "the kernel it shares opens the host" : "its kernel opens the machine it is in, and QEMU is still in the way"}`,
		),
	};
}

function fitsText({ furtherBytes, kernelBytes, fits }: NonNullable<Subject["memory"]>): string {
	return `adds ${mebibytes(furtherBytes + kernelBytes)} for each, ${fits.toLocaleString("en")} fit into the memory that is available`;
}

function grouped(value: number): string {
	return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function mebibytes(bytes: number): string {
	return `${grouped(bytes / 2 ** 20)} MiB`;
}

function milliseconds(ms: number): string {
	return `${Math.round(ms)} ms`;
}
