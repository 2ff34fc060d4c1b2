/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

int main(void)
{
	(void)fprintf(stderr, "cyrkeep: the command line is not built yet\n");
	return 2;
}
