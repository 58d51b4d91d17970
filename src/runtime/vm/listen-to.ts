import { type Connection, frameType } from "../session/index.ts";
import { cardFields } from "./configure-fields.ts";
import type { VmSandbox } from "./sandbox.ts";

/** Tells the machine from now on what becomes of its sandbox, and what was said of its names before it was there. */
export async function listenTo(sandbox: VmSandbox, connection: Connection): Promise<void> {
	sandbox.listen({
		card: async (card) => void (await connection.request(frameType.configure, cardFields(card))),
		names: (path) => connection.serveNames(path),
	});
	if (sandbox.namesPath !== undefined) await connection.serveNames(sandbox.namesPath);
}
