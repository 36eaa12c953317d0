# Calls in reach and out of it, and addresses from the global offset table.
	.option norelax
	.option norvc
	.section .plt, "ax"
	.byte 0
	.section .got, "aw"
	.byte 0
	.section .got.plt, "aw"
	.byte 0
	.text
	call far
	call near
	call other
	call far
1:	auipc a0, %got_pcrel_hi(near)
	ld a0, %pcrel_lo(1b)(a0)
2:	auipc a1, %got_pcrel_hi(far)
	ld a1, %pcrel_lo(2b)(a1)
3:	auipc a2, %got_pcrel_hi(near)
	ld a2, %pcrel_lo(3b)(a2)
