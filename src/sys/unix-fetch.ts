/**
 * One HTTP request over a unix socket by the runtime's own client, which is there already when a program starts:
 * loading `node:net` takes longer than a whole `hull ps`. A side door of its own, so that nothing else is loaded.
 */
export async function unixFetch(
	socketPath: string,
	request: {
		readonly method: string;
		/** Path and query. */
		readonly target: string;
		readonly headers: Readonly<Record<string, string>>;
		readonly body: string | undefined;
		readonly signal: AbortSignal | undefined;
	},
): Promise<{ readonly status: number; readonly text: string }> {
	const response = await fetch(`http://localhost${request.target}`, {
		unix: socketPath,
		method: request.method,
		headers: request.headers,
		body: request.body ?? null,
		signal: request.signal ?? null,
		redirect: "manual",
		// A stop may take as long as its user wants.
		timeout: false,
	} as RequestInit);
	return { status: response.status, text: await response.text() };
}
