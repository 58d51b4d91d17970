import { abortable } from "../../lib/index.ts";
import type { Connection } from "../session/index.ts";

/** One whose QEMU has failed already waits for its clients. */
const leaveMs = 2_000;

/** A supervisor that was never told to start ends its machine and leaves; resolves when it has, or takes too long. */
export async function letGo(connection: Connection): Promise<void> {
	connection.end();
	await abortable(connection.closed, AbortSignal.timeout(leaveMs)).catch(() => connection.destroy());
}
