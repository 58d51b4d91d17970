/**
 * The one executable. Its name or first argument decides what it is: `hulld` the daemon, `hull --worker …` a child of
 * the daemon, otherwise the command line. Each part is loaded on demand, so that none pays for another.
 */
import { basename } from "node:path";

if (process.argv[2] === "--worker" && process.argv[3] === "ship-logs") {
	const { runShipper } = await import("../logging/shipper.ts");
	await runShipper(process.argv[4]!);
} else if (process.argv[2] === "--worker") {
	const { runWorker } = await import("../archive/worker.ts");
	await runWorker(process.argv.slice(3));
} else if (basename(process.argv0) === "hulld") {
	const { runDaemon } = await import("../daemon/index.ts");
	await runDaemon(process.argv.slice(2));
} else {
	const { runCli } = await import("../cli/index.ts");
	await runCli(process.argv.slice(2));
}
