import type { Attachment } from "../../runtime/index.ts";
import { createDetachScanner, parseDetachKeys } from "./detach-keys.ts";

/** The writing side of one attached client, as the server wants it. */
export interface ClientStdin {
	write(data: Uint8Array): Promise<void>;
	end(): Promise<void>;
}

/**
 * A client's stdin on an attachment that may not be there yet. With a terminal the detach keys are looked for; the
 * end of a client's input closes the process's stdin when `closes` is set, and else detaches the client, as Docker
 * does.
 */
export function clientStdin(options: {
	readonly attachment: Promise<Attachment | undefined>;
	readonly tty: boolean;
	readonly closes: boolean;
	readonly detachKeys: string;
	readonly onDetach: () => void;
}): ClientStdin {
	const scanner = options.tty ? createDetachScanner(parseDetachKeys(options.detachKeys)) : undefined;
	return {
		async write(data) {
			const found = scanner?.scan(data) ?? { pass: data, detached: false };
			const attachment = await options.attachment;
			if (found.pass.length > 0) await attachment?.write(found.pass);
			if (found.detached) options.onDetach();
		},
		async end() {
			const attachment = await options.attachment;
			if (options.closes && !options.tty) await attachment?.closeStdin();
			else attachment?.close();
		},
	};
}
