import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { delay, type Logger, selfCommand, writeFileAtomic } from "../lib/index.ts";
import { spawnDetached, tryLockFile } from "../sys/index.ts";
import { readOrder, type ShippingOrder } from "./ship/order.ts";

/** The daemon's side: orders on disk, and a shipper that carries them out, whatever becomes of the daemon. */
export interface LogShipping {
	/** Before the container's run begins. */
	begin(order: ShippingOrder): void;
	/** The run has ended and its log is complete. */
	over(id: string): void;
	/** Resolves when all is shipped, or the server takes nothing any more; then nothing more is. */
	finish(id: string): Promise<void>;
	/** Takes up what the last daemon left; ends what is nobody's. */
	restore(known: ReadonlySet<string>): void;
	close(): void;
}

const lookAfterMs = 2_000;
const noProgressMs = 3_000;
const pollMs = 50;

export function createLogShipping(options: { readonly dataRoot: string; readonly log: Logger }): LogShipping {
	const folder = join(options.dataRoot, "shipping");
	const pathOf = (id: string) => join(folder, id);
	let timer: ReturnType<typeof setInterval> | undefined;
	const orders = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.length === 64) : []);
	/** One that was killed is started again; one too many leaves by itself. */
	const look = () => {
		if (orders().length === 0) {
			clearInterval(timer);
			timer = undefined;
		} else if (!isShipperThere(folder)) startShipper(folder);
	};
	const watch = () => {
		look();
		timer ??= setInterval(look, lookAfterMs);
		timer.unref();
	};
	return {
		begin(order) {
			mkdirSync(folder, { recursive: true, mode: 0o700 });
			writeFileAtomic(pathOf(order.id), JSON.stringify(order));
			watch();
		},
		over(id) {
			const order = readOrder(pathOf(id));
			if (order !== undefined) writeFileAtomic(pathOf(id), JSON.stringify({ ...order, over: true }));
		},
		async finish(id) {
			const order = readOrder(pathOf(id));
			if (order === undefined) return;
			let last = "";
			for (
				let since = Date.now();
				existsSync(pathOf(id)) && Date.now() - since < noProgressMs;
				await delay(pollMs)
			) {
				const shipped = existsSync(order.shippedPath) ? readFileSync(order.shippedPath, "hex") : "";
				if (shipped !== last) since = Date.now();
				last = shipped;
			}
			rmSync(pathOf(id), { force: true });
		},
		restore(known) {
			for (const id of orders()) if (!known.has(id)) rmSync(pathOf(id), { force: true });
			if (orders().length > 0) watch();
		},
		close: () => clearInterval(timer),
	};
}

function isShipperThere(folder: string): boolean {
	const fd = openSync(join(folder, "lock"), "w", 0o600);
	try {
		return !tryLockFile(fd);
	} finally {
		closeSync(fd);
	}
}

function startShipper(folder: string): void {
	const output = openSync(join(folder, "shipper.log"), "a", 0o600);
	try {
		const [program, ...rest] = selfCommand();
		spawnDetached([program!, ...rest, "--worker", "ship-logs", folder], {
			argv0: "hull-logs",
			outputFd: output,
		});
	} finally {
		closeSync(output);
	}
}
