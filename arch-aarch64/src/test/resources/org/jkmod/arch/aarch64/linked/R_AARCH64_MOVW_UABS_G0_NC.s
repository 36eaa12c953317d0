	.text
	.inst 0xd503201f
	movk x3, #:abs_g0_nc:symbol
	.inst 0xd503201f
