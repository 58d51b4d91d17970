import type { ProgressLine } from "../../client/index.ts";
import { CommandFailure } from "../failure.ts";
import { isTerminal } from "../streams/session.ts";
import { writeAll } from "../terminal/output.ts";
import { decimalSize } from "./units.ts";

/**
 * Shows a progress stream as docker does: on a terminal one line per layer, redrawn in place with a bar; otherwise a
 * plain line for each change of status. Gives the `aux` messages. An error in the stream ends the command.
 */
export async function showProgress(
	lines: AsyncIterable<ProgressLine>,
	{ fd }: { fd: 1 | 2 },
): Promise<unknown[]> {
	const display = (await isTerminal(fd)) ? liveDisplay(fd) : plainDisplay(fd);
	const aux: unknown[] = [];
	for await (const line of lines) {
		const message = line.errorDetail?.message || line.error;
		if (message) throw new CommandFailure(message, { exitCode: 1 });
		if (line.aux !== undefined) aux.push(line.aux);
		else display(line);
	}
	return aux;
}

/** Shows nothing, but errors end the command all the same. */
export async function drainProgress(lines: AsyncIterable<ProgressLine>): Promise<unknown[]> {
	const aux: unknown[] = [];
	for await (const line of lines) {
		const message = line.errorDetail?.message || line.error;
		if (message) throw new CommandFailure(message, { exitCode: 1 });
		if (line.aux !== undefined) aux.push(line.aux);
	}
	return aux;
}

type Display = (line: ProgressLine) => void;

function plainDisplay(fd: number): Display {
	return (line) => {
		if (line.stream !== undefined) return writeAll(fd, Buffer.from(line.stream));
		// Bars are for terminals: only what changes is worth a line.
		if (line.progress || (line.progressDetail?.current ?? 0) > 0 || line.status === undefined) return;
		const id = line.id ? `${line.id}: ` : "";
		writeAll(fd, Buffer.from(`${id}${line.status}\n`));
	};
}

/** Each id keeps its row; the cursor goes up to it and back. */
function liveDisplay(fd: number): Display {
	const rows = new Map<string, number>();
	const write = (text: string) => writeAll(fd, Buffer.from(text));
	return (line) => {
		if (line.stream !== undefined) return write(line.stream);
		if (line.status === undefined) return;
		const columns = (fd === 2 ? process.stderr : process.stdout).columns || 80;
		const text = clip(rowText(line, columns), columns);
		if (
			!line.id ||
			(line.progressDetail === undefined && line.progress === undefined && !rows.has(line.id))
		) {
			rows.clear();
			return write(`${text}\n`);
		}
		const known = rows.get(line.id);
		if (known === undefined) {
			rows.set(line.id, rows.size);
			return write(`${text}\n`);
		}
		const up = rows.size - known;
		write(`\u001b[${up}A\r\u001b[2K${text}\u001b[${up}B\r`);
	};
}

function rowText(line: ProgressLine, columns: number): string {
	const id = line.id ? `${line.id}: ` : "";
	const bar =
		line.progressDetail === undefined ? (line.progress ?? "") : progressBar(line.progressDetail, columns);
	return bar === "" ? `${id}${line.status}` : `${id}${line.status} ${bar}`;
}

function clip(text: string, columns: number): string {
	return text.length < columns ? text : text.slice(0, columns - 1);
}

const barCells = 50;

/** `[=====>     ]  1.2MB/3.4MB`; the bar only where there is room for it. */
function progressBar(detail: NonNullable<ProgressLine["progressDetail"]>, columns: number): string {
	const current = detail.current ?? 0;
	const total = detail.total ?? 0;
	if (current <= 0 && total <= 0) return "";
	const size = (count: number) => (detail.units ? `${count} ${detail.units}` : decimalSize(count));
	if (total <= 0 || current > total) return size(current).padStart(8);
	const counts = detail.hidecounts ? "" : `${size(current)}/${size(total)}`.padStart(17);
	if (columns <= 110) return counts;
	const filled = Math.floor((current / total) * barCells);
	const head = filled < barCells ? ">" : "";
	return `[${"=".repeat(filled)}${head}${" ".repeat(barCells - filled - head.length)}]${counts}`;
}
