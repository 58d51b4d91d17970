import { type LogFile, openLogFiles, openSuccessors } from "./log-files.ts";

/** The files still to be read, the one being read first. */
export class LogSequence implements Disposable {
	readonly files: LogFile[];
	readonly #path: string;
	/** Kept open until its successor is found: the inode number of a deleted file would be given to a new one. */
	#finished: LogFile | undefined;

	constructor(path: string, files: LogFile[]) {
		this.#path = path;
		this.files = files;
	}

	dropUntil(index: number): void {
		for (const file of this.files.splice(0, index)) file[Symbol.dispose]();
	}

	/** Done with the file that was read. */
	finish(): void {
		this.#finished?.[Symbol.dispose]();
		this.#finished = this.files.shift();
	}

	/** Opens the files that were made since the last one was read. */
	findMore(): void {
		const last = this.#finished;
		this.files.push(
			...(last === undefined ? openLogFiles(this.#path) : openSuccessors(this.#path, last.identity)),
		);
	}

	/** Opens those that were made since the newest of these. */
	findNewer(): void {
		this.files.push(...openSuccessors(this.#path, this.files.at(-1)!.identity));
	}

	[Symbol.dispose](): void {
		this.dropUntil(this.files.length);
		this.#finished?.[Symbol.dispose]();
	}
}
