/*
 * /nginx-ingress-controller: starts the controller so that it and nginx may use ports below 1024 without being root.
 *
 * The file of this program has the capability in its permitted set only, so it also starts where the container has none.
 * When it is there, it becomes ambient, which every program started from here inherits; capabilities in the files of node and
 * nginx would make them unusable in containers without it (capabilities(7)).
 */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NODE "/usr/bin/node"
#define PROGRAM "/usr/lib/tidegate/nginx-ingress-controller.mjs"
/*
 * What is short-lived is collected before it takes hundreds of megabytes, in pauses that are shorter, too; the rest when it has
 * grown by half, not to several times what is in use.
 */
#define YOUNG_HEAP "--max-semi-space-size=4"
#define OLD_HEAP "--heap-growing-percent=50"

static void keep_port_capability(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	const unsigned bit = 1u << CAP_NET_BIND_SERVICE;

	if (syscall(SYS_capget, &header, data) != 0 || !(data[0].permitted & bit))
		return;
	data[0].effective |= bit;
	data[0].inheritable |= bit;
	if (syscall(SYS_capset, &header, data) == 0)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
}

int main(int argc, char **argv)
{
	char **arguments = calloc(argc + 4, sizeof *arguments);

	if (arguments == NULL)
		return 255;
	keep_port_capability();
	/* The threads of Node would each keep memory of their own; they allocate little. */
	setenv("MALLOC_ARENA_MAX", "1", 0);
	/* Whatever the runtime left open would be inherited by every program that the controller starts. */
	syscall(SYS_close_range, 3u, ~0u, 0u);
	arguments[0] = NODE;
	arguments[1] = YOUNG_HEAP;
	arguments[2] = OLD_HEAP;
	arguments[3] = PROGRAM;
	for (int i = 1; i < argc; i++)
		arguments[i + 3] = argv[i];
	execv(NODE, arguments);
	perror(NODE);
	return 255;
}
