/* ELF64, big-endian, relocations with addends. */
	.macro	address value:vararg
	.8byte	\value
	.endm
	.include "common.s"

	.text
	.globl	init_module
	.type	init_module, @function
init_module:
	brasl	%r14, external
	larl	%r1, table
	lgrl	%r2, external_32 + 8
	br	%r14
	.size	init_module, . - init_module
	.type	local_function, @function
local_function:
	jg	grouped
	.size	local_function, . - local_function
