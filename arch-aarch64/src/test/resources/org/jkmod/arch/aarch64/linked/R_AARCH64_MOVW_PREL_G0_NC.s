	.text
	.inst 0xd503201f
	movk x3, #:prel_g0_nc:symbol
	.inst 0xd503201f
