/**
 * A place where tests let the process die, to prove that the next start mends what is half done: when
 * `HULL_FAILPOINT` names it, the process is killed here as by `kill -9`. Costs one comparison otherwise.
 */
export function failpoint(name: string): void {
	if (armed === undefined || armed !== name) return;
	process.kill(process.pid, "SIGKILL");
	// The signal is delivered before kill(2) returns to this thread; nothing below may run.
	for (;;);
}

const armed = process.env["HULL_FAILPOINT"];
