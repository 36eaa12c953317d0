// What the kernel makes of erratum.s: an ADR where that reaches, else a branch to a veneer.
	.section .plt, "ax"
veneer:	adrp x4, far
	add x4, x4, #0
	b after
	.space 4 * 12
	.section .init.plt, "ax"
	.space 12
	.text
	.space 0xff8
	adr x3, near_page
	b veneer
after:	adrp x5, far
	.space 0xff4
	adr x6, near_page
