/** hulld from source, for tests. */
import { runDaemon } from "../../src/daemon/index.ts";

await runDaemon(process.argv.slice(2));
process.exit();
