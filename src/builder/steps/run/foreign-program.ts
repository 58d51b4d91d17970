import { EngineError } from "../../../lib/index.ts";
import { formatPlatform, hostPlatform, isRunnableOn, type Platform } from "../../../oci/index.ts";

const kernelsWord = /exec format error/i;
const keptBytes = 1024;

/**
 * Watches what a RUN of a stage for another processor writes: when the kernel refuses to execute a program, the runtime
 * and shells say it there and nowhere else.
 */
export class ForeignProgram {
	readonly #platform: Platform;
	#end = "";

	constructor(platform: Platform) {
		this.#platform = platform;
	}

	see(data: Uint8Array): void {
		this.#end = `${this.#end}${Buffer.from(data).toString("latin1")}`.slice(-keptBytes);
	}

	/** Why the command failed, if it is that. */
	error(): EngineError | undefined {
		const host = hostPlatform();
		if (isRunnableOn(this.#platform, host) || !kernelsWord.test(this.#end)) return undefined;
		const [wanted, here] = [formatPlatform(this.#platform), formatPlatform(host)];
		return new EngineError(
			"unavailable",
			`programs for ${wanted} cannot run on ${here}: no emulator is registered for them. Register one (Debian: ` +
				"apt-get install qemu-user-static binfmt-support), or make what is needed in a stage of " +
				"FROM --platform=$BUILDPLATFORM and COPY it",
		);
	}
}
