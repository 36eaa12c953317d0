/*
 * What all fixtures have, whatever their machine. A fixture defines the macro `address` (an Elf_Addr) and then includes this file.
 * The word, its place and its symbol's kind differ on purpose: no two values that a reader could mix up are equal.
 */
	.file	"common.s"

	.data
	.balign	8
	.globl	table
	.type	table, %object
table:
	address	external
	address	external + 5
	address	external - 9
	address	local_data + 3
	.size	table, . - table

	.type	local_data, %object
local_data:
	.4byte	0x11223344
	.2byte	0x5566
	.byte	0x77
	.size	local_data, 7

	.weak	weak_data
	.type	weak_data, %object
	.hidden	weak_data
weak_data:
	.byte	0x88
	.size	weak_data, 1

	.bss
	.balign	32
	.globl	buffer
	.type	buffer, %object
buffer:
	.skip	0x123
	.size	buffer, 0x123

	/* Size 300, alignment 16: st_value of a common symbol is its alignment. */
	.comm	shared, 300, 16

	.globl	absolute
absolute = 0x7654321

	.section .rodata.str1.1, "aMS", %progbits, 1
	.asciz	"a string to merge"
	.asciz	"another"

	.section .rodata.cst4, "aM", %progbits, 4
	.balign	4
	.4byte	0xdeadbeef

	.section ".data..read_mostly", "aw", %progbits
	.balign	64
	.byte	1, 2, 3

	/* A name that says nothing, on a section that is not loaded. */
	.section ".modinfo; odd, name", "", %progbits
	.asciz	"license=GPL"

	.section .note.gnu.build-id, "a", %note
	.balign	4
	.4byte	4, 20, 3
	.ascii	"GNU\0"
	.byte	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32
	.byte	0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0x00, 0xff, 0x80, 0x7f

	/* Two notes; neither the first one's name nor its descriptor fills its last word. */
	.section .note.two, "a", %note
	.balign	4
	.4byte	6, 5, 0x1234
	.ascii	"Linux\0\0\0"
	.ascii	"hello\0\0\0"
	.4byte	2, 0, 0x4321
	.ascii	"X\0\0\0"

	.section .text.grouped, "axG", %progbits, grouped, comdat
	.balign	4
	.weak	grouped
	.type	grouped, %function
grouped:
	.4byte	0
	.size	grouped, 4

	.section .data.grouped, "awG", %progbits, grouped, comdat
	address	table + 1

	.section .empty, "a", %progbits

	.section .note.GNU-stack, "", %progbits
