/* ELF32, little-endian, relocations without addends. */
	.macro	address value:vararg
	.4byte	\value
	.endm
	.include "common.s"

	.text
	.globl	init_module
	.type	init_module, @function
init_module:
	call	external
	movl	table, %eax
	movl	$local_data, %edi
	movl	external_32 - 1, %ecx
	ret
	.size	init_module, . - init_module
	.type	local_function, @function
local_function:
	jmp	grouped
	.size	local_function, . - local_function
