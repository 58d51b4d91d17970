/* The socket on which an OCI runtime hands over a terminal's master. */
#ifndef HULL_CONSOLE_H
#define HULL_CONSOLE_H

/* Listens under this name in the folder; -1 with errno. */
int console_listen(int directory_fd, const char *name);

/* The master that was sent, close-on-exec; -1 when nobody has connected. Waits no longer than a moment. */
int console_receive(int listener);

#endif
